with explained as (

    select * from {{ ref('int_billed_differences_explained') }}

),

differences as (

    select
        {{ hash_key(['customer_key', 'source_system', 'contract_id', 'month', 'bridge_item']) }}
            as bridge_key,
        customer_key,
        source_system,
        contract_id,
        month,
        bridge_item,
        mrr_change,
        contract_mrr,
        billed_mrr,
        {{ policy_columns() }}
    from explained

)

select * from differences
