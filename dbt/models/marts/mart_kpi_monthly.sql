{#- rates at this grain: name, numerator, denominator, and what a missing rate means (D20) -#}
{%- set loss = '-churn_mrr - contraction_mrr' %}
{%- set rates = [
    ('logo_churn_rate', 'churned_customer_count', 'begin_customer_count', 'no_customer_at_begin'),
    ('logo_churn_with_new_rate', 'churned_customer_count',
     'begin_customer_count + new_customer_count', 'no_customer_at_begin'),
    ('gross_mrr_churn_rate', loss, 'begin_mrr', 'no_mrr_at_begin'),
    ('net_mrr_churn_rate', loss ~ ' - expansion_mrr - reactivation_mrr', 'begin_mrr',
     'no_mrr_at_begin'),
    ('grr_rate', 'begin_mrr + churn_mrr + contraction_mrr', 'begin_mrr', 'no_mrr_at_begin'),
    ('nrr_rate', 'begin_mrr + churn_mrr + contraction_mrr + expansion_mrr', 'begin_mrr',
     'no_mrr_at_begin'),
    ('quick_ratio', 'new_mrr + expansion_mrr + reactivation_mrr', loss, 'no_loss'),
    ('arpa', 'mrr', 'customer_count', 'no_customer_at_end'),
    ('grr_12m_rate', 'retained_12m_mrr', 'cohort_12m_mrr', 'no_mrr_12_months_ago'),
    ('nrr_12m_rate', 'current_12m_mrr', 'cohort_12m_mrr', 'no_mrr_12_months_ago'),
] %}
{#- column of the mart: movement type whose customers it counts -#}
{%- set counts = {
    'new_customer_count': 'new',
    'reactivated_customer_count': 'reactivation',
    'churned_customer_count': 'churn',
    'paused_customer_count': 'pause',
    'resumed_customer_count': 'resume',
} %}
with waterfall as (

    select * from {{ ref('mart_mrr_waterfall') }}
    where basis = 'contract' and view = 'as_restated'

),

closed_cohorts as (

    select * from {{ ref('int_closed_cohorts_summed') }}

),

cohort_months as (

    select * from {{ ref('int_cohort_months_summed') }}

),

taxed as (

    select
        month,
        sum(mrr_incl_tax) as mrr_incl_tax,
        sum(tax_rate_missing_line_count) as tax_rate_missing_line_count
    from cohort_months
    group by month

),

pivoted as (

    select
        month,
        is_opening_month,
        begin_mrr,
        end_mrr as mrr,
        begin_customer_count,
        end_customer_count as customer_count,
        {%- for type in movement_types() %}
        sum(case when movement_type = '{{ type.name }}' then mrr_change else 0 end)
            as {{ type.name }}_mrr,
        {%- endfor %}
        {%- for column, type in counts.items() %}
        sum(case when movement_type = '{{ type }}' then customer_count else 0 end)
            as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from waterfall
    group by month, is_opening_month, begin_mrr, end_mrr, begin_customer_count, end_customer_count

),

joined as (

    select
        pivoted.*,
        coalesce(taxed.mrr_incl_tax, 0) as mrr_incl_tax,
        coalesce(taxed.tax_rate_missing_line_count, 0) as tax_rate_missing_line_count,
        -- nothing is known where no line says its rate
        coalesce(taxed.mrr_incl_tax = 0 and taxed.tax_rate_missing_line_count > 0, false)
            as is_tax_rate_missing,
        coalesce(closed_cohorts.cohort_mrr, 0) as cohort_12m_mrr,
        coalesce(closed_cohorts.retained_mrr, 0) as retained_12m_mrr,
        coalesce(closed_cohorts.current_mrr, 0) as current_12m_mrr
    from pivoted
    left join closed_cohorts on pivoted.month = closed_cohorts.month
    left join taxed on pivoted.month = taxed.month

),

kpis as (

    select
        month,
        is_opening_month,
        {{ total('begin_mrr') }} as begin_mrr,
        {%- for type in movement_types() %}
        {{ total(type.name ~ '_mrr') }} as {{ type.name }}_mrr,
        {%- endfor %}
        {{ total('mrr') }} as mrr,
        {{ total('12 * mrr') }} as arr,
        {%- for column, amount in [
            ('mrr_incl_tax', 'mrr_incl_tax'), ('arr_incl_tax', '12 * mrr_incl_tax'),
        ] %}
        {{ total('case when not is_tax_rate_missing then ' ~ amount ~ ' end') }} as {{ column }},
        cast(case when is_tax_rate_missing then 'no_tax_rate' end as string)
            as {{ column }}_null_reason,
        {%- endfor %}
        cast(tax_rate_missing_line_count as bigint) as tax_rate_missing_line_count,
        cast(begin_customer_count as bigint) as begin_customer_count,
        {%- for column in counts %}
        cast({{ column }} as bigint) as {{ column }},
        {%- endfor %}
        cast(customer_count as bigint) as customer_count,
        {%- for rate, numerator, denominator, missing in rates %}
        {{ divide(numerator, denominator) }} as {{ rate }},
        {{ total(numerator) }} as {{ rate }}_numerator,
        {{ total(denominator) }} as {{ rate }}_denominator,
        cast(
            case
                when {{ denominator }} <> 0 then null
                {%- if rate != 'arpa' %}
                when is_opening_month then 'opening_month'
                {%- endif %}
                else '{{ missing }}'
            end as string
        ) as {{ rate }}_null_reason,
        {%- endfor %}
        {{ policy_columns() }}
    from joined

)

select * from kpis
