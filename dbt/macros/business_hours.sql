{#- The policy business_hours ("Mon-Fri 09:00-18:00"), read once: first and last weekday (Monday 1),
    opening and closing minute of the day. settings.py has checked the form; only the
    SQL linter, which knows no vars, meets another one. -#}
{% macro business_hours() -%}
    {%- set weekdays = {'Mon': 1, 'Tue': 2, 'Wed': 3, 'Thu': 4, 'Fri': 5, 'Sat': 6, 'Sun': 7} -%}
    {%- set parts = var('business_hours').replace('-', ' ').split(' ') -%}
    {%- if parts | length < 4 %}{% set parts = ['Mon', 'Sun', '00:00', '23:59'] %}{% endif -%}
    {%- set minutes = [] -%}
    {%- for clock in parts[2:] -%}
        {%- do minutes.append(clock[:2] | int * 60 + clock[3:] | int) -%}
    {%- endfor -%}
    {{ return({
        'first_weekday': weekdays[parts[0]],
        'last_weekday': weekdays[parts[1]],
        'opens_at': minutes[0],
        'closes_at': minutes[1],
    }) }}
{%- endmacro %}
