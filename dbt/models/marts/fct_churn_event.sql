with churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

events as (

    select
        churn_key,
        customer_key,
        month,
        churned_on,
        requested_date,
        churn_kind,
        reason_code,
        mrr_lost,
        is_while_paused,
        contract_id,
        {{ policy_columns() }}
    from churns

)

select * from events
