with told as (

    select * from {{ source('forecast', 'risk_reasons') }}

),

reasons as (

    select
        cast(customer_key as string) as customer_key,
        cast(reason_code as string) as reason_code,
        cast(reason_no as bigint) as reason_no,
        cast(reason_group as string) as reason_group,
        cast(reason_ja as string) as reason_ja,
        cast(reason_en as string) as reason_en,
        cast(evidence_entity as string) as evidence_entity,
        cast(evidence_system as string) as evidence_system,
        cast(evidence_key as string) as evidence_key,
        cast(evidenced_on as date) as evidenced_on,
        cast(evidence_count as bigint) as evidence_count,
        {{ policy_columns() }}
    from told

)

select * from reasons
