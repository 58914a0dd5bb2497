-- Every reason code a churn carries, with its label. A code without a label is shown as it was
-- sent: a code nobody listed may not make a churn disappear.
with churns as (

    select * from {{ ref('int_customer_churns_explained') }}

),

reason_map as (

    select
        code,
        label_ja,
        label_en,
        {{ adapter.quote('group') }} as reason_group,
        row_number() over (partition by code order by source_system nulls last) as pick
    from {{ ref('stg_reference__churn_reason_map') }}

),

codes as (

    select distinct reason_code
    from churns
    where reason_code is not null

),

labelled as (

    select
        cast(codes.reason_code as string) as reason_code,
        cast(coalesce(reason_map.label_ja, codes.reason_code) as string) as reason_label_ja,
        cast(coalesce(reason_map.label_en, codes.reason_code) as string) as reason_label_en,
        cast(reason_map.reason_group as string) as reason_group
    from codes
    left join reason_map on codes.reason_code = reason_map.code and reason_map.pick = 1

)

select * from labelled
