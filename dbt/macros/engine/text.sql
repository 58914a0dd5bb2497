{#- Regular expressions and JSON: the engines differ in name, in first-or-all, and in what bad JSON does. -#}

{% macro matches(x, pattern) %}{{ return(adapter.dispatch('matches')(x, pattern)) }}{% endmacro %}
{% macro duckdb__matches(x, pattern) %}regexp_matches({{ x }}, '{{ pattern }}'){% endmacro %}
{% macro spark__matches(x, pattern) %}regexp_like({{ x }}, '{{ pattern }}'){% endmacro %}

{#- Every match of the pattern removed. -#}
{% macro strip(x, pattern) %}{{ return(adapter.dispatch('strip')(x, pattern)) }}{% endmacro %}
{% macro duckdb__strip(x, pattern) %}regexp_replace({{ x }}, '{{ pattern }}', '', 'g'){% endmacro %}
{% macro spark__strip(x, pattern) %}regexp_replace({{ x }}, '{{ pattern }}', ''){% endmacro %}

{#- Malformed JSON gives null on both: DuckDB's ->> alone would abort the model. -#}
{% macro json_text(x, key) %}{{ return(adapter.dispatch('json_text')(x, key)) }}{% endmacro %}
{% macro duckdb__json_text(x, key) %}(case when json_valid({{ x }}) then {{ x }} end ->> '$.{{ key }}'){% endmacro %}
{% macro spark__json_text(x, key) %}get_json_object({{ x }}, '$.{{ key }}'){% endmacro %}

{% macro json_of(pairs) %}{{ return(adapter.dispatch('json_of')(pairs)) }}{% endmacro %}
{% macro duckdb__json_of(pairs) %}cast(json_object({% for k, v in pairs.items() %}'{{ k }}', {{ v }}{{ ', ' if not loop.last }}{% endfor %}) as string){% endmacro %}
{% macro spark__json_of(pairs) %}to_json(named_struct({% for k, v in pairs.items() %}'{{ k }}', {{ v }}{{ ', ' if not loop.last }}{% endfor %}), map('ignoreNullFields', 'false')){% endmacro %}

{#- Aggregate: the distinct values, sorted, joined by a comma. -#}
{% macro distinct_list(x) %}{{ return(adapter.dispatch('distinct_list')(x)) }}{% endmacro %}
{% macro duckdb__distinct_list(x) %}string_agg(distinct {{ x }}, ',' order by {{ x }}){% endmacro %}
{% macro spark__distinct_list(x) %}nullif(concat_ws(',', sort_array(collect_set({{ x }}))), ''){% endmacro %}
