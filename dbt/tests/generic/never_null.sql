{#- An amount that overflowed or had no rate turns null on some engines instead of failing: it must
    never be published as a gap. -#}
{% test never_null(model, columns) %}
{% for column in columns %}
select '{{ column }}' as column_name, count(*) as null_count
from {{ model }}
where {{ column }} is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
