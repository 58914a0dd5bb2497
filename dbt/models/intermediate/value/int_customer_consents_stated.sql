-- May we write to a customer on a channel? What the account itself last said decides; where only
-- its contacts spoke, one who agreed is enough, because that one may be written to. Nobody spoke =
-- no row. Statements up to as_of_date.
with consents as (

    select * from {{ ref('stg_crm__consents') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

-- an id points into its own system, else into the only system that has it
lone_ids as (

    select
        source_id,
        min(customer_key) as customer_key
    from identified
    group by source_id
    having count(*) = 1

),

said as (

    select
        coalesce(identified.customer_key, lone_ids.customer_key) as customer_key,
        consents.channel,
        coalesce(consents.contact_id, '') as contact_id,
        consents.granted,
        row_number() over (
            partition by
                coalesce(identified.customer_key, lone_ids.customer_key),
                consents.channel,
                coalesce(consents.contact_id, '')
            -- said twice at one moment: the refusal counts
            order by
                consents.changed_at desc nulls last,
                cast(consents.granted as int) nulls last,
                consents.record_key nulls last
        ) as pick
    from consents
    left join identified
        on
            consents.source_system = identified.source_system
            and consents.account_id = identified.source_id
    left join lone_ids on consents.account_id = lone_ids.source_id
    where {{ local_date('consents.changed_at') }} <= {{ as_of() }}

),

decided as (

    select
        customer_key,
        channel,
        max(case when contact_id = '' then cast(granted as int) end) as by_account,
        max(case when contact_id <> '' then cast(granted as int) end) as by_contacts
    from said
    where pick = 1 and customer_key is not null
    group by customer_key, channel

),

stated as (

    select
        cast(customer_key as string) as customer_key,
        cast(channel as string) as channel,
        cast(coalesce(by_account, by_contacts) = 1 as boolean) as is_granted,
        -- a contact's consent is for the contact's address, not for the account's
        cast(coalesce(by_account, 0) = 1 as boolean) as is_granted_by_account
    from decided

)

select * from stated
