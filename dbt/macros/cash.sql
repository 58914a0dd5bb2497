{#- A sum in the reporting currency: times() ends in decimal(18, 6), too narrow for a company. -#}
{% macro valued(x, rate) -%}
cast(cast({{ x }} as decimal(24, 6)) * cast({{ rate }} as decimal(14, 6)) as decimal(28, 6))
{%- endmacro %}

{#- Tax in whole units of the currency, rounded as the policy says; a negative one like its opposite. -#}
{% macro round_tax(x) -%}
{%- set mode = var('tax_rounding') -%}
sign({{ x }}) * {% if mode == 'ceil' %}ceil(abs({{ x }})){% elif mode == 'half_up' %}floor(abs({{ x }}) + 0.5){% else %}floor(abs({{ x }})){% endif %}
{%- endmacro %}
