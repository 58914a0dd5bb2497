with cohort_months as (

    select * from {{ ref('int_cohort_months_summed') }}

),

stated as (

    select
        *,
        -- no line of the layer says its rate: nothing is known, not 0
        mrr_incl_tax = 0 and tax_rate_missing_line_count > 0 as is_tax_rate_missing
    from cohort_months

),

layers as (

    select
        cohort_month,
        {{ fiscal_year('cohort_month') }} as cohort_fiscal_year,
        month,
        mrr,
        {{ total('case when not is_tax_rate_missing then mrr_incl_tax end') }} as mrr_incl_tax,
        cast(case when is_tax_rate_missing then 'no_tax_rate' end as string)
            as mrr_incl_tax_null_reason,
        tax_rate_missing_line_count,
        active_customer_count,
        {{ policy_columns() }}
    from stated

)

select * from layers
