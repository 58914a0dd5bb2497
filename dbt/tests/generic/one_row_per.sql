{#- A join that multiplies rows multiplies money: the grain a model states is the grain it has
    (invariant 10). -#}
{% test one_row_per(model, columns) %}
select
    {{ columns | join(',\n    ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
