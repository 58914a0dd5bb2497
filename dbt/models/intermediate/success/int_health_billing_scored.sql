-- Billing, 0 to 100: by the oldest invoice overdue on the day (1 to 30 days 70, to 60 days 40, more
-- 0), and 10 less for each invoice paid late in the last year, at most 30. No invoice, no score.
with observed as (

    select * from {{ ref('int_customer_months_observed') }}

),

invoices as (

    select * from {{ ref('int_invoices_settled') }}
    where due_date is not null

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

owed as (

    select
        observed.customer_key,
        observed.observed_date,
        max(
            case
                when
                    invoices.due_date < observed.observed_date
                    and (
                        invoices.settled_date is null
                        or invoices.settled_date > observed.observed_date
                    )
                    then {{ days_between('invoices.due_date', 'observed.observed_date') }}
                else 0
            end
        ) as overdue_days,
        sum(
            case
                when
                    invoices.settled_date > invoices.due_date
                    and invoices.settled_date <= observed.observed_date
                    and invoices.settled_date > {{ add_days('observed.observed_date', -365) }}
                    then 1
                else 0
            end
        ) as late_payments
    from observed
    inner join identified on observed.customer_key = identified.customer_key
    inner join invoices
        on
            identified.source_system = invoices.source_system
            and identified.source_id = invoices.billing_customer_id
            and observed.observed_date >= invoices.issue_date
    group by observed.customer_key, observed.observed_date

),

scored as (

    select
        customer_key,
        observed_date,
        cast('billing' as string) as component,
        cast(
            greatest(
                0,
                case
                    when overdue_days > 60 then 0
                    when overdue_days > 30 then 40
                    when overdue_days > 0 then 70
                    else 100
                end - least(10 * late_payments, 30)
            ) as decimal(18, 6)
        ) as score,
        cast(
            case
                when overdue_days > 0 then 'overdue'
                when late_payments > 0 then 'paid_late'
                else 'paid'
            end as string
        ) as reason_code
    from owed

)

select * from scored
