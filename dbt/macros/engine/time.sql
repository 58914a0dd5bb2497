{#- Dates and times: time zones, month ends, differences, spines. -#}

{#- The wall clock of a UTC instant (a timestamp without zone holding UTC), as timestamp without zone. -#}
{% macro utc_to_local(x, tz='Asia/Tokyo') %}{{ return(adapter.dispatch('utc_to_local')(x, tz)) }}{% endmacro %}
{% macro duckdb__utc_to_local(x, tz) %}(try_cast({{ x }} as timestamptz) at time zone '{{ tz }}'){% endmacro %}
{% macro spark__utc_to_local(x, tz) %}cast(from_utc_timestamp(try_cast({{ x }} as timestamp_ltz), '{{ tz }}') as timestamp_ntz){% endmacro %}

{#- Clamps at the month end: 2026-01-31 + 1 = 2026-02-28. -#}
{% macro add_months(x, n) %}{{ return(adapter.dispatch('add_months')(x, n)) }}{% endmacro %}
{% macro duckdb__add_months(x, n) %}cast({{ x }} + to_months({{ n }}) as date){% endmacro %}
{% macro spark__add_months(x, n) %}add_months({{ x }}, {{ n }}){% endmacro %}

{#- b - a in days. -#}
{% macro days_between(a, b) %}{{ return(adapter.dispatch('days_between')(a, b)) }}{% endmacro %}
{% macro duckdb__days_between(a, b) %}cast(cast({{ b }} as date) - cast({{ a }} as date) as int){% endmacro %}
{% macro spark__days_between(a, b) %}datediff(cast({{ b }} as date), cast({{ a }} as date)){% endmacro %}

{#- b - a in whole minutes. -#}
{% macro minutes_between(a, b) %}{{ return(adapter.dispatch('minutes_between')(a, b)) }}{% endmacro %}
{% macro duckdb__minutes_between(a, b) %}date_sub('minute', {{ a }}, {{ b }}){% endmacro %}
{% macro spark__minutes_between(a, b) %}timestampdiff(minute, {{ a }}, {{ b }}){% endmacro %}

{#- A select of one column, month, from first to last (both first days of months, both kept). -#}
{% macro month_spine(first, last) %}{{ return(adapter.dispatch('month_spine')(first, last)) }}{% endmacro %}
{% macro duckdb__month_spine(first, last) %}select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 month)) as date) as month{% endmacro %}
{% macro spark__month_spine(first, last) %}select explode(sequence({{ first }}, {{ last }}, interval 1 month)) as month{% endmacro %}

{#- A select of one column, day, from first to last, both kept. -#}
{% macro day_spine(first, last) %}{{ return(adapter.dispatch('day_spine')(first, last)) }}{% endmacro %}
{% macro duckdb__day_spine(first, last) %}select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as day{% endmacro %}
{% macro spark__day_spine(first, last) %}select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as day{% endmacro %}
