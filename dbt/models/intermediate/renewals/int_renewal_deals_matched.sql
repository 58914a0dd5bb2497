-- The renewal deal of the CRM that is about a term: it names the contract and is expected to close
-- (else closed) in the term or its grace, but not in the grace of the term before, where the last
-- renewal may still have been signed late. Of several the latest. A deal decides the forecast only
-- from the day it was closed.
with deals as (

    select * from {{ ref('stg_crm__deals') }}
    where deal_type = 'renewal' and contract_id is not null

),

terms as (

    select * from {{ ref('int_renewal_terms_succeeded') }}

),

identified as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'crm.accounts'

),

deals_dated as (

    select
        deals.*,
        identified.customer_key,
        coalesce(deals.expected_close_date, deals.closed_date, deals.stage_changed_date)
            as deal_date
    from deals
    left join identified
        on
            deals.source_system = identified.source_system
            and deals.account_id = identified.source_id

),

candidates as (

    select
        terms.term_key,
        deals_dated.*,
        row_number() over (
            partition by terms.term_key
            order by
                case when deals_dated.customer_key = terms.customer_key then 0 else 1 end
                nulls last,
                deals_dated.deal_date desc nulls last,
                deals_dated.deal_id nulls last
        ) as pick
    from terms
    inner join deals_dated on terms.contract_id = deals_dated.contract_id
    where
        deals_dated.deal_date
        > {{ add_days('terms.term_start_date', var('lapse_grace_days')) }}
        and deals_dated.deal_date
        <= {{ add_days('terms.term_end_excl', var('lapse_grace_days')) }}
        and coalesce(deals_dated.stage_changed_date, deals_dated.deal_date) <= {{ as_of() }}

),

matched as (

    select
        term_key,
        cast(deal_id as string) as deal_id,
        cast(stage as string) as stage,
        cast(
            case
                when outcome in ('won', 'lost') and closed_date <= {{ as_of() }} then outcome
                else 'open'
            end as string
        ) as deal_outcome,
        cast(
            case when currency = '{{ var("reporting_currency") }}' then amount_native end
            as decimal(18, 6)
        ) as deal_amount,
        cast(owner as string) as owner
    from candidates
    where pick = 1

)

select * from matched
