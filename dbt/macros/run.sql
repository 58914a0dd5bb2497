{#- What a run is given: the day it is "today", what was known then, and under which policy. -#}

{#- A run var that must be given; null stands for "not given" so that parsing needs no vars. -#}
{% macro run_var(name) -%}
    {%- set value = var(name) -%}
    {%- if execute and value is none -%}
        {{
            exceptions.raise_compiler_error(
                "the run var '" ~ name ~ "' was not given: pass --vars '{" ~ name ~ ": ...}'"
            )
        }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}

{#- "Today" of this run, a date. Models know no other clock. -#}
{% macro as_of() %}cast('{{ run_var("as_of_date") }}' as date){% endmacro %}

{#- The two columns every mart ends with. -#}
{% macro policy_columns() -%}
    cast('{{ run_var("policy_id") }}' as string) as policy_id,
    {{ as_of() }} as as_of_date
{%- endmacro %}

{#- The business day of a UTC instant. -#}
{% macro local_date(x) %}cast({{ utc_to_local(x, var('business_timezone')) }} as date){% endmacro %}
