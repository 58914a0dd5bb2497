{#- a promise kept this soon: who has announced to leave, owes money or runs on without papers -#}
{%- set urgent_days = 7 %}
{%- set usual_days = 30 %}
{#- where the contract states no notice, a month before its end is when it is decided -#}
{%- set default_notice_days = 30 %}
with at_risk as (

    select * from {{ ref('mart_at_risk') }}

),

reasons as (

    select * from {{ ref('mart_at_risk_reason') }}

),

pipeline as (

    select * from {{ ref('mart_renewal_pipeline') }}
    where outcome = 'open'

),

people as (

    select * from {{ ref('mart_customer_360') }}

),

contacts as (

    select * from {{ ref('int_customer_contacts_latest') }}

),

actions as (

    select * from {{ ref('mart_approach_action') }}

),

actions_ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by acted_on desc nulls last, recorded_at desc nulls last, approach_key nulls last
        ) as pick
    from actions

),

deadlines as (

    select
        customer_key,
        term_key,
        term_end_date,
        owner,
        coalesce(
            notice_deadline_date, {{ add_days('term_end_date', -default_notice_days) }}
        ) as notice_deadline_date
    from pipeline

),

deadlines_ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by notice_deadline_date nulls last, term_key nulls last
        ) as pick
    from deadlines
    where notice_deadline_date >= {{ as_of() }}

),

judged as (

    select
        at_risk.*,
        deadlines_ranked.owner as deal_owner,
        deadlines_ranked.term_end_date,
        deadlines_ranked.notice_deadline_date,
        contacts.last_contact_date,
        contacts.last_contact_kind,
        people.has_phone_consent,
        actions_ranked.acted_on as last_acted_on,
        actions_ranked.outcome_code as last_outcome_code,
        case
            when
                deadlines_ranked.notice_deadline_date <= {{ add_days(as_of(), urgent_days) }}
                then 'notice_deadline'
            when
                at_risk.reason_code in (
                    'cancel_requested', 'renewal_deal_lost', 'in_grace', 'invoice_overdue'
                )
                then 'within_7_days'
            when
                deadlines_ranked.notice_deadline_date <= {{ add_days(as_of(), usual_days) }}
                then 'notice_deadline'
            else 'within_30_days'
        end as due_reason
    from at_risk
    left join deadlines_ranked
        on at_risk.customer_key = deadlines_ranked.customer_key and deadlines_ranked.pick = 1
    left join people on at_risk.customer_key = people.customer_key
    left join contacts on at_risk.customer_key = contacts.customer_key
    left join actions_ranked
        on at_risk.customer_key = actions_ranked.customer_key and actions_ranked.pick = 1

),

approach as (

    select
        judged.customer_key,
        judged.risk_rank as approach_rank,
        cast(coalesce(judged.deal_owner, judged.owner) as string) as owner,
        judged.reason_code,
        reasons.reason_ja,
        reasons.reason_en,
        judged.action_code,
        judged.action_ja,
        judged.action_en,
        cast(
            case
                when
                    judged.has_phone_consent = false
                    and coalesce(judged.last_contact_kind, 'call') = 'call'
                    then 'mail'
                when judged.last_contact_kind in ('call', 'visit', 'meeting', 'mail')
                    then judged.last_contact_kind
                else 'call'
            end as string
        ) as channel_code,
        cast(
            case judged.due_reason
                when 'notice_deadline' then judged.notice_deadline_date
                when 'within_7_days' then {{ add_days(as_of(), urgent_days) }}
                else {{ add_days(as_of(), usual_days) }}
            end as date
        ) as due_date,
        cast(judged.due_reason as string) as due_reason,
        cast(judged.notice_deadline_date as date) as notice_deadline_date,
        cast(judged.term_end_date as date) as term_end_date,
        judged.mrr_at_stake,
        cast(judged.last_contact_date as date) as last_contact_date,
        cast(judged.last_acted_on as date) as last_acted_on,
        cast(judged.last_outcome_code as string) as last_outcome_code,
        {{ policy_columns() }}
    from judged
    inner join reasons
        on judged.customer_key = reasons.customer_key and reasons.reason_no = 1

)

select * from approach
