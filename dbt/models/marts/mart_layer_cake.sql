with cohort_months as (

    select * from {{ ref('int_cohort_months_summed') }}

),

layers as (

    select
        cohort_month,
        {{ fiscal_year('cohort_month') }} as cohort_fiscal_year,
        month,
        mrr,
        active_customer_count,
        {{ policy_columns() }}
    from cohort_months

)

select * from layers
