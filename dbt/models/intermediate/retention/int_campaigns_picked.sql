-- One campaign per id: contracts and costs that name it come from other systems than the campaign
-- itself. An id that no campaign list holds is a campaign too, under its id.
with campaigns as (

    select * from {{ ref('stg_crm__campaigns') }}

),

costs as (

    select * from {{ ref('stg_crm__campaign_costs') }}

),

subscriptions as (

    select * from {{ ref('stg_billing__subscriptions') }}

),

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

named as (

    select
        campaign_id,
        name,
        channel,
        row_number() over (partition by campaign_id order by source_system nulls last) as pick
    from campaigns

),

ids as (

    select campaign_id from campaigns
    union
    select campaign_id from costs
    union
    select campaign_id from subscriptions
    union
    select campaign_id from accounts

),

picked as (

    select
        cast(ids.campaign_id as string) as campaign_id,
        cast(coalesce(named.name, ids.campaign_id) as string) as campaign_name,
        cast(named.channel as string) as campaign_channel
    from ids
    left join named on ids.campaign_id = named.campaign_id and named.pick = 1
    where ids.campaign_id is not null

)

select * from picked
