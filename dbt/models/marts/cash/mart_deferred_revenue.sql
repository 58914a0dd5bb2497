with lines as (

    select * from {{ ref('fct_invoice_line') }}
    where line_type <> 'tax'

),

months as (

    select * from {{ ref('int_months_bounded') }}

),

periods as (

    select
        invoice_line_key,
        invoice_key,
        line_no,
        customer_key,
        line_type,
        currency,
        amount_native,
        {{ month_start('issue_date') }} as issue_month,
        service_start_date,
        service_end_excl,
        -- a line without a period is earned when it is billed
        service_start_date is not null
        and service_end_excl is not null
        and service_end_excl > service_start_date as has_period
    from lines

),

bounded as (

    select
        periods.*,
        case
            when has_period
                then greatest(issue_month, {{ month_start(add_days('service_end_excl', -1)) }})
            else issue_month
        end as last_month,
        case when has_period then {{ days_between('service_start_date', 'service_end_excl') }} end
            as service_days
    from periods

),

placed as (

    select
        bounded.*,
        months.month,
        -- days of service over by the end of the month, and by the end of the month before
        {{ days_between('service_start_date', 'least(' ~ add_days('months.month_end', 1) ~ ', service_end_excl)') }}
            as days_by_end,
        {{ days_between('service_start_date', 'least(months.month, service_end_excl)') }}
            as days_by_begin
    from bounded
    inner join months
        on
            bounded.issue_month <= months.month
            and bounded.last_month >= months.month

),

earned as (

    select
        placed.*,
        case
            when not has_period or days_by_end >= service_days then amount_native
            when days_by_end <= 0 then 0
            else
                {{ divide('cast(amount_native as decimal(24, 6)) * cast(days_by_end as decimal(6, 0))', 'service_days') }}
        end as earned_by_end_native,
        case
            -- what was earned before the invoice is caught up in its month
            when month = issue_month or days_by_begin <= 0 then 0
            when days_by_begin >= service_days then amount_native
            else
                {{ divide('cast(amount_native as decimal(24, 6)) * cast(days_by_begin as decimal(6, 0))', 'service_days') }}
        end as earned_by_begin_native
    from placed

),

recognised as (

    select
        invoice_line_key,
        month,
        invoice_key,
        line_no,
        customer_key,
        line_type,
        currency,
        amount_native,
        service_start_date,
        service_end_excl,
        {{ money('earned_by_end_native - earned_by_begin_native') }} as recognised_native,
        {{ money('amount_native - earned_by_end_native') }} as deferred_native,
        {{ policy_columns() }}
    from earned

)

select * from recognised
