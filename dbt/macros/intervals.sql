{#- n billing intervals after a date. Month ends are clamped: 31 January + 1 month = 28 February. -#}
{% macro add_intervals(x, unit, n) -%}
    case {{ unit }}
        when 'day' then {{ add_days(x, 'cast(' ~ n ~ ' as int)') }}
        when 'week' then {{ add_days(x, 'cast(7 * (' ~ n ~ ') as int)') }}
        when 'month' then {{ add_months(x, 'cast(' ~ n ~ ' as int)') }}
        when 'year' then {{ add_months(x, 'cast(12 * (' ~ n ~ ') as int)') }}
    end
{%- endmacro %}
