with months as (

    select * from {{ ref('int_months_bounded') }}

),

labelled as (

    select
        month,
        month_end,
        {{ fiscal_year('month') }} as fiscal_year,
        {{ fiscal_quarter('month') }} as fiscal_quarter,
        cast(month = history_start_month as boolean) as is_opening_month,
        {{ policy_columns() }}
    from months

)

select * from labelled
