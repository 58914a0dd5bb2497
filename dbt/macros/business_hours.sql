{#- The policy business_hours ("Mon-Fri 09:00-18:00"), read once: first and last weekday (Monday 1),
    opening and closing minute of the day. settings.py has checked the form. -#}
{% macro business_hours() -%}
    {%- set weekdays = {'Mon': 1, 'Tue': 2, 'Wed': 3, 'Thu': 4, 'Fri': 5, 'Sat': 6, 'Sun': 7} -%}
    {%- set days, hours = var('business_hours').split(' ') -%}
    {%- set minutes = [] -%}
    {%- for clock in hours.split('-') -%}
        {%- do minutes.append(clock.split(':')[0] | int * 60 + clock.split(':')[1] | int) -%}
    {%- endfor -%}
    {{ return({
        'first_weekday': weekdays[days.split('-')[0]],
        'last_weekday': weekdays[days.split('-')[1]],
        'opens_at': minutes[0],
        'closes_at': minutes[1],
    }) }}
{%- endmacro %}
