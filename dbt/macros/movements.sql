{#- The movement types in the order of the waterfall, and what each does to the number of paying
    customers. What a customer's month is called is decided in int_customer_movements_classified;
    this list only orders. -#}
{% macro movement_types() %}
    {{ return([
        {'name': 'opening', 'customers': 1},
        {'name': 'new', 'customers': 1},
        {'name': 'reactivation', 'customers': 1},
        {'name': 'expansion', 'customers': 0},
        {'name': 'contraction', 'customers': 0},
        {'name': 'churn', 'customers': -1},
        {'name': 'pause', 'customers': -1},
        {'name': 'resume', 'customers': 1},
        {'name': 'fx', 'customers': 0},
    ]) }}
{% endmacro %}

{#- The fiscal year of a date, named by the calendar year it starts in (2026年度 = April 2026 on). -#}
{% macro fiscal_year(x) -%}
    {%- set start = var('fiscal_year_start_month') -%}
    cast(
        case when month({{ x }}) >= {{ start }} then year({{ x }}) else year({{ x }}) - 1 end
        as bigint
    )
{%- endmacro %}

{#- The items that lead from contract MRR to billed MRR (G-04), in the order they are shown; how
    much each is, is decided in int_billed_differences_explained. -#}
{% macro bridge_items() %}
    {{ return([
        'one_invoice_discount',
        'proration',
        'timing',
        'usage',
        'tax',
        'oneoff',
        'fx_rate_basis',
        'misclassified',
        'unexplained',
    ]) }}
{% endmacro %}
