{#- One customer, several source records: attribute by attribute, the best record that states it.
    CRM first (its data is what people look after), then the oldest record (ties: system, id). -#}
{% macro best_stated(attribute, partition) -%}
    first_value({{ attribute }}) over (
        partition by {{ partition | join(', ') }}
        order by
            case when {{ attribute }} is null then 1 else 0 end nulls last,
            source_rank nulls last,
            created_date nulls last,
            source_system nulls last,
            source_id nulls last
        rows between unbounded preceding and unbounded following
    )
{%- endmacro %}
