with identified as (

    select * from {{ ref('int_customers_identified') }}

),

bridged as (

    select
        source_system,
        source_entity,
        source_id,
        record_key,
        customer_key,
        match_rule,
        match_score,
        evidence_json,
        {{ policy_columns() }}
    from identified

)

select * from bridged
