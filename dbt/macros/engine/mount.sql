{#- The landed layer, the identity links, the cash application and what a run was given are immutable
    Parquet files: one engine-specific relation over each. -#}
{% macro mount_sources() %}
    {% if execute and flags.WHICH in ['run', 'build', 'seed', 'test'] %}
        {% for schema in ['landed', 'identity', 'cash', 'control', 'forecast'] %}
            {% do run_query('create schema if not exists ' ~ schema) %}
        {% endfor %}
        {% for source in graph.sources.values() %}
            {% if source.schema == 'landed' %}
                {% do adapter.dispatch('mount_files')(source, run_var('landed_dir') ~ '/' ~ source.name ~ '/live') %}
            {% elif source.schema == 'cash' %}
                {% do adapter.dispatch('mount_files_or_nothing')(source, run_var('cash_dir') ~ '/' ~ source.name ~ '/live') %}
            {% elif source.schema == 'control' %}
                {% do adapter.dispatch('mount_files_or_nothing')(source, run_var('control_dir') ~ '/' ~ source.name) %}
            {% elif source.schema == 'forecast' %}
                {% do adapter.dispatch('mount_files_or_nothing')(source, run_var('control_dir') ~ '/forecast/' ~ source.name) %}
            {% else %}
                {#- the staging selection runs before identity and cash have written anything -#}
                {% do adapter.dispatch('mount_files_or_nothing')(source, run_var('identity_dir') ~ '/live') %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#- The declared columns as a relation without rows. -#}
{% macro no_rows(source) -%}
    select {% for column in source.columns.values() %}cast(null as {{ column.data_type }}) as {{ column.name }}{{ ', ' if not loop.last }}{% endfor %} where false
{%- endmacro %}

{% macro duckdb__mount_files(source, folder) %}
    {% do run_query(
        'create or replace view ' ~ source.schema ~ '.' ~ source.name
        ~ " as select * from read_parquet('" ~ folder | replace("'", "''") ~ "/*.parquet', union_by_name = true)"
    ) %}
{% endmacro %}

{% macro duckdb__mount_files_or_nothing(source, folder) %}
    {% set files = run_query("select count(*) from glob('" ~ folder | replace("'", "''") ~ "/*.parquet')").rows[0][0] %}
    {% if files > 0 %}
        {% do duckdb__mount_files(source, folder) %}
    {% else %}
        {% do run_query('create or replace view ' ~ source.schema ~ '.' ~ source.name ~ ' as ' ~ no_rows(source)) %}
    {% endif %}
{% endmacro %}

{% macro spark__mount_files(source, folder) %}
    {% do run_query('drop table if exists ' ~ source.schema ~ '.' ~ source.name) %}
    {% do run_query('create table ' ~ source.schema ~ '.' ~ source.name ~ " using parquet location '" ~ folder ~ "'") %}
{% endmacro %}

{#- With the columns given, Spark needs no file to infer them from. -#}
{% macro spark__mount_files_or_nothing(source, folder) %}
    {% do run_query('drop table if exists ' ~ source.schema ~ '.' ~ source.name) %}
    {% set columns = [] %}
    {% for column in source.columns.values() %}{% do columns.append(column.name ~ ' ' ~ column.data_type) %}{% endfor %}
    {% do run_query(
        'create table ' ~ source.schema ~ '.' ~ source.name ~ ' (' ~ columns | join(', ')
        ~ ") using parquet location '" ~ folder ~ "'"
    ) %}
{% endmacro %}
