{#- No dispatch: plain SQL that means the same on DuckDB and on Spark. -#}

{% macro month_start(x) %}cast(date_trunc('month', {{ x }}) as date){% endmacro %}

{% macro months_between(a, b) -%}
cast((year({{ b }}) - year({{ a }})) * 12 + month({{ b }}) - month({{ a }}) as int)
{%- endmacro %}

{#- '2026-03' -#}
{% macro month_label(x) %}substr(cast(cast({{ x }} as date) as string), 1, 7){% endmacro %}

{% macro money(x) %}cast({{ x }} as decimal(18, 6)){% endmacro %}

{#- Totals and ARR: decimal(18,6) overflows at one trillion yen. -#}
{% macro total(x) %}cast({{ x }} as decimal(28, 6)){% endmacro %}

{% macro add_days(x, n) %}cast({{ x }} + {{ n }} as date){% endmacro %}

{#- a * b kept exact: DuckDB refuses decimal(18,6) x decimal(18,6) above its width. -#}
{#- a is the money, b the rate or count: b must stay below 100 million. -#}
{% macro times(a, b) %}cast(cast({{ a }} as decimal(24, 6)) * cast({{ b }} as decimal(14, 6)) as decimal(18, 6)){% endmacro %}

{#- Never md5(concat_ws('|', ...)): it collides on null positions and on '|' inside an id. -#}
{% macro hash_key(cols) %}md5(concat({% for c in cols %}coalesce(concat(cast(length(cast({{ c }} as string)) as string), ':', cast({{ c }} as string)), 'n'){{ ', ' if not loop.last }}{% endfor %})){% endmacro %}

{#- A total of native amounts at a rate, exact. -#}
{% macro total_at_rate(amount, rate) %}cast(cast({{ amount }} as decimal(24, 6)) * cast({{ rate }} as decimal(14, 6)) as decimal(28, 6)){% endmacro %}
