-- Which conformed customer a source record belongs to, as the identity step decided it.
with links as (

    select * from {{ source('identity', 'links') }}

),

identified as (

    select
        cast(source_system as string) as source_system,
        cast(entity as string) as source_entity,
        cast(source_id as string) as source_id,
        cast(record_key as string) as record_key,
        cast(customer_key as string) as customer_key,
        cast(match_rule as string) as match_rule,
        cast(match_score as decimal(18, 6)) as match_score,
        cast(evidence as string) as evidence_json,
        cast(review_customer_key as string) as review_customer_key,
        cast(review_reason as string) as review_reason,
        cast(review_evidence as string) as review_evidence_json
    from links

)

select * from identified
