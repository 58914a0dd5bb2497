{#- The movement types in the order of the waterfall, and what each does to the number of paying
    customers. What a customer's month is called is decided by movement_type below; this list only
    orders. -#}
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

{#- What a customer's month is called (G-05). The order of the tests is the rule: reactivation and
    churn are asked before expansion and contraction, or returners would show as expansion and
    leavers as contraction. before and after are at the same rate; null where nothing moved. -#}
{% macro movement_type(is_opening, before, after, is_paused, was_paused, has_paid_before) -%}
    case
        when {{ is_opening }} and {{ after }} > 0 then 'opening'
        when {{ before }} <= 0 and {{ after }} > 0
            then
                case
                    when {{ was_paused }} then 'resume'
                    when {{ has_paid_before }} then 'reactivation'
                    else 'new'
                end
        when {{ before }} > 0 and {{ after }} <= 0
            then case when {{ is_paused }} then 'pause' else 'churn' end
        when {{ after }} > {{ before }} then 'expansion'
        when {{ after }} < {{ before }} then 'contraction'
    end
{%- endmacro %}

{#- The fiscal year of a date, named by the calendar year it starts in (2026年度 = April 2026 on). -#}
{% macro fiscal_year(x) -%}
    {%- set start = var('fiscal_year_start_month') -%}
    cast(
        case when month({{ x }}) >= {{ start }} then year({{ x }}) else year({{ x }}) - 1 end
        as bigint
    )
{%- endmacro %}

{#- 1 for the first three months of the fiscal year. -#}
{% macro fiscal_quarter(x) -%}
    {%- set start = var('fiscal_year_start_month') -%}
    {%- set months_in = 'mod(month(' ~ x ~ ') - ' ~ start ~ ' + 12, 12)' -%}
    cast(
        case
            when {{ months_in }} < 3 then 1
            when {{ months_in }} < 6 then 2
            when {{ months_in }} < 9 then 3
            else 4
        end as bigint
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
