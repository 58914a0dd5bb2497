{#- how long a decided term stays on the list -#}
{%- set decided_days = 90 %}
{#- no human contact for longer than this: the next action is to talk -#}
{%- set silent_days = 60 %}
{#- the notice deadline is near -#}
{%- set notice_warning_days = 30 %}
with terms as (

    select * from {{ ref('fct_renewal_term') }}

),

health as (

    select * from {{ ref('mart_customer_health') }}

),

probabilities as (

    select * from {{ ref('renewal_probability') }}

),

deals as (

    select * from {{ ref('int_renewal_deals_matched') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts_latest') }}

),

business_days as (

    select * from {{ ref('int_business_days_counted') }}

),

listed as (

    select * from terms
    where
        outcome = 'open'
        or term_end_date > {{ add_days(as_of(), -decided_days) }}
        or decided_on > {{ add_days(as_of(), -decided_days) }}

),

renewed_before as (

    select distinct listed.term_key
    from listed
    inner join terms on listed.customer_key = terms.customer_key
    where
        terms.term_end_date < listed.term_end_date
        and terms.outcome in ('on_time', 'late')

),

placed as (

    select
        listed.*,
        cast({{ days_between(as_of(), 'listed.term_end_date') }} as bigint) as days_to_end,
        renewed_before.term_key is not null as has_renewed_before,
        coalesce(health.health_band, 'unknown') as health_band,
        deals.deal_id,
        deals.stage,
        deals.deal_outcome,
        deals.deal_amount,
        deals.owner as deal_owner,
        contacts.account_owner,
        contacts.last_contact_date,
        contacts.last_contact_kind,
        business_days.last_business_day as notice_business_date,
        -- a deal won or lost decides the forecast before the contract's own dates do
        case
            when listed.outcome in ('on_time', 'late') then 'won'
            when listed.outcome = 'lost' then 'lost'
            when deals.deal_outcome in ('won', 'lost') then deals.deal_outcome
            else 'open'
        end as forecast_state
    from listed
    left join renewed_before on listed.term_key = renewed_before.term_key
    left join health on listed.customer_key = health.customer_key
    left join deals on listed.term_key = deals.term_key
    left join contacts on listed.customer_key = contacts.customer_key
    left join business_days on listed.notice_deadline_date = business_days.day

),

weighed as (

    select
        placed.*,
        case placed.forecast_state
            when 'won' then 1
            when 'lost' then 0
            else probabilities.p_renew
        end as p_renew,
        -- what was won counts up to what was up for renewal: the rest is upsell, shown apart
        case
            when placed.outcome in ('on_time', 'late') then placed.retained_amount
            when placed.forecast_state = 'won'
                then least(coalesce(placed.deal_amount, placed.atr), placed.atr)
            when placed.forecast_state = 'lost' then 0
            else {{ times('placed.atr', 'probabilities.p_renew') }}
        end as expected_value
    from placed
    left join probabilities
        on
            placed.health_band = probabilities.health_band
            and placed.days_to_end >= probabilities.min_days_to_end
            and placed.days_to_end <= probabilities.max_days_to_end
            and placed.has_renewed_before = probabilities.has_renewed_before

),

pipeline as (

    select
        term_key,
        customer_key,
        source_system,
        contract_id,
        term_start_date,
        term_end_date,
        term_end_month,
        days_to_end,
        is_auto_renewing,
        notice_deadline_date,
        notice_business_date,
        atr,
        outcome,
        is_in_grace,
        renewed_on,
        renewed_amount,
        cast(forecast_state as string) as forecast_state,
        cast(health_band as string) as health_band,
        cast(has_renewed_before as boolean) as has_renewed_before,
        cast(p_renew as decimal(18, 6)) as p_renew,
        {{ money('expected_value') }} as expected_value,
        cast(deal_id as string) as deal_id,
        cast(stage as string) as stage,
        cast(coalesce(deal_owner, account_owner) as string) as owner,
        cast(last_contact_date as date) as last_contact_date,
        cast(last_contact_kind as string) as last_contact_kind,
        cast(
            case
                when forecast_state <> 'open' then 'none'
                when is_in_grace then 'collect_papers'
                when health_band = 'red' then 'rescue'
                when
                    notice_deadline_date >= {{ as_of() }}
                    and notice_deadline_date <= {{ add_days(as_of(), notice_warning_days) }}
                    then 'confirm_before_notice'
                when deal_id is null and days_to_end <= 90 then 'open_deal'
                when
                    days_to_end <= 90
                    and (
                        last_contact_date is null
                        or last_contact_date < {{ add_days(as_of(), -silent_days) }}
                    )
                    then 'contact'
                when deal_id is not null then 'follow_deal'
                else 'none'
            end as string
        ) as next_action,
        {{ policy_columns() }}
    from weighed

)

select * from pipeline
