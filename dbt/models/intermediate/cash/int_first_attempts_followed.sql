-- The first attempt to collect each invoice, and whether the money came within recovery_days of a failure
-- (督促・再決済): a later attempt that went through, or the invoice settled in another way.
with attempts as (

    select * from {{ ref('stg_billing__payment_attempts') }}
    where {{ local_date('attempted_at') }} <= {{ as_of() }}

),

invoices as (

    select * from {{ ref('int_invoices_settled') }}

),

dated as (

    select
        attempts.source_system,
        attempts.invoice_id,
        attempts.result,
        coalesce(attempts.failure_code, 'unknown') as failure_code,
        {{ local_date('attempts.attempted_at') }} as attempted_date,
        row_number() over (
            partition by attempts.source_system, attempts.invoice_id
            order by attempts.attempted_at nulls last, attempts.attempt_id nulls last
        ) as attempt_no
    from attempts

),

succeeded as (

    select
        source_system,
        invoice_id,
        min(attempted_date) as succeeded_date
    from dated
    where result = 'succeeded'
    group by source_system, invoice_id

),

paid as (

    select
        dated.source_system,
        dated.invoice_id,
        dated.attempted_date,
        dated.result,
        dated.failure_code,
        least(succeeded.succeeded_date, invoices.settled_date) as paid_date
    from dated
    left join succeeded
        on
            dated.source_system = succeeded.source_system
            and dated.invoice_id = succeeded.invoice_id
    left join invoices
        on
            dated.source_system = invoices.source_system
            and dated.invoice_id = invoices.invoice_id
    where dated.attempt_no = 1

),

followed as (

    select
        source_system,
        invoice_id,
        {{ month_start('attempted_date') }} as month,
        cast(result = 'failed' as int) as is_failed,
        cast(case when result = 'failed' then failure_code end as string) as failure_code,
        cast(
            case
                when
                    result = 'failed'
                    and paid_date is not null
                    and {{ days_between('attempted_date', 'paid_date') }} <= {{ recovery_days() }}
                    then 1
                else 0
            end as int
        ) as is_recovered
    from paid

)

select * from followed
