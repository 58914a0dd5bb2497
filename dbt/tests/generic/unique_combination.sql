{#- Truth: no two rows share these columns (null counts as a value). If it fails, a join on the key multiplies
    money: every sum downstream is too high. -#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
