{#- A double as a rate of six decimals. Ten decimals first: 0.0078125 may come out of exp(ln()) as
    0.00781249999999, and would be rounded down on one engine and up on the other. -#}
{% macro rate_of_double(x) %}cast(cast({{ x }} as decimal(20, 10)) as decimal(18, 6)){% endmacro %}
