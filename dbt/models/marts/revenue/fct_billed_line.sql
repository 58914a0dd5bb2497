with lines as (

    select * from {{ ref('int_invoice_lines_allocated') }}

),

billed as (

    select
        invoice_line_key,
        customer_key,
        source_system,
        invoice_id,
        line_no,
        contract_id,
        plan_id,
        line_type,
        allocation_state,
        unallocable_reason,
        currency,
        issue_date,
        period_start_date,
        period_end_excl,
        amount_native,
        {{ money("case when allocation_state = 'allocated' then monthly_native else 0 end") }}
            as billed_mrr_native,
        first_month,
        last_month_excl,
        delivery_id,
        source_sheet,
        source_row,
        {{ policy_columns() }}
    from lines

)

select * from billed
