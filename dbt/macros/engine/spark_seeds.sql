{#- dbt-spark's session method binds NULL as 'None' and does not escape quotes; write literals instead. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = model['config'].get('column_types', {}) %}
    {% for chunk in agate_table.rows | batch(1000) %}
        {% set sql %}insert into {{ this.render() }} values
            {% for row in chunk %}({% for v in row %}{% set n = agate_table.column_names[loop.index0] %}cast({% if v is none %}null{% else %}'{{ (v | string).replace('\\', '\\\\').replace("'", "\\'") }}'{% endif %} as {{ types.get(n, adapter.convert_type(agate_table, loop.index0)) }}){{ ', ' if not loop.last }}{% endfor %}){{ ', ' if not loop.last }}{% endfor %}{% endset %}
        {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {% endfor %}
    {{ return('') }}
{% endmacro %}
