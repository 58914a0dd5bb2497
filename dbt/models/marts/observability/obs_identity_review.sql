-- What the identity step would not decide alone. A proposal is shown until a rule or a person
-- decides it; it changes no number.
with identified as (

    select * from {{ ref('int_customers_identified') }}

),

proposed as (

    select
        record_key,
        source_system,
        source_entity,
        source_id,
        customer_key,
        review_customer_key as candidate_customer_key,
        review_reason,
        review_evidence_json as evidence_json,
        {{ policy_columns() }}
    from identified
    where review_customer_key is not null

)

select * from proposed
