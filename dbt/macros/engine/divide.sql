{#- n / d as decimal(18,6), half up, exact; null when d is 0.
    Integer arithmetic on DuckDB because it has no decimal division (decimal / decimal is a double there);
    Spark divides decimals exactly. -#}
{% macro divide(n, d) %}{{ return(adapter.dispatch('divide')(n, d)) }}{% endmacro %}
{% macro duckdb__divide(n, d) -%}
cast(sign({{ n }}) * sign({{ d }}) * ((2 * abs(cast(cast({{ n }} as decimal(38, 6)) * 1000000 as hugeint)) * 1000000 + abs(cast(cast({{ d }} as decimal(38, 6)) * 1000000 as hugeint)))
    // nullif(2 * abs(cast(cast({{ d }} as decimal(38, 6)) * 1000000 as hugeint)), 0)) * cast(0.000001 as decimal(38, 6)) as decimal(18, 6))
{%- endmacro %}
{% macro spark__divide(n, d) %}cast(cast({{ n }} as decimal(24, 6)) / nullif(cast({{ d }} as decimal(24, 6)), 0) as decimal(18, 6)){% endmacro %}
