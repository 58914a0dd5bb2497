{#- what decides a customer's MRR: entity, how a row finds its customer, and which is named first
    when several rows are new -#}
{%- set facts = [
    {'entity': 'billing.cancel_requests', 'by': 'contract'},
    {'entity': 'billing.subscriptions', 'by': 'customer'},
    {'entity': 'billing.subscription_pauses', 'by': 'contract'},
    {'entity': 'billing.subscription_discounts', 'by': 'contract'},
    {'entity': 'billing.invoices', 'by': 'customer'},
    {'entity': 'billing.payments', 'by': 'customer'},
    {'entity': 'billing.credit_notes', 'by': 'customer'},
] -%}
-- What changed in closed months since they were reported, and the row that changed it: a row of a
-- delivery that did not count at the close and says something no row known then said of its record.
with movements as (

    select * from {{ ref('fct_mrr_movement') }}

),

reported as (

    select * from {{ source('control', 'close_levels') }}

),

closes as (

    select distinct month, closed_policy_id from {{ source('control', 'close_waterfall') }}

),

known_deliveries as (

    select * from {{ source('control', 'close_deliveries') }}

),

deliveries as (

    select * from {{ ref('stg_control__deliveries') }}

),

customers as (

    select * from {{ ref('int_customers_identified') }}
    where source_entity = 'billing.billing_customers'

),

contracts as (

    select distinct source_system, contract_id, customer_key
    from {{ ref('int_subscriptions_bounded') }}

),

restated as (

    select
        closes.month,
        movements.customer_key,
        sum(movements.mrr_change) as mrr
    from closes
    inner join movements on closes.month >= movements.month
    group by closes.month, movements.customer_key

),

both_sides as (

    select month, customer_key, mrr as reported_mrr, 0 as restated_mrr from reported
    union all
    select month, customer_key, 0 as reported_mrr, mrr as restated_mrr from restated

),

differing as (

    select
        month,
        customer_key,
        sum(reported_mrr) as reported_mrr,
        sum(restated_mrr) as restated_mrr
    from both_sides
    group by month, customer_key
    having sum(reported_mrr) <> sum(restated_mrr)

),

new_rows as (

    {%- for fact in facts %}
    {%- set table = fact.entity | replace('.', '__') %}
    select
        differing.month,
        differing.customer_key,
        {{ loop.index }} as fact_order,
        '{{ fact.entity }}' as entity,
        landed.record_key,
        landed.delivery_id,
        landed.source_sheet,
        landed.source_row,
        {{ said_of(table) }} as said
    from {{ source('landed', table) }} as landed
    inner join {{ ref('stg_' ~ table) }} as staged on {{ same_row('landed', 'staged') }}
    {%- if fact.by == 'contract' %}
    inner join contracts
        on
            staged.source_system = contracts.source_system
            and staged.contract_id = contracts.contract_id
    inner join differing on contracts.customer_key = differing.customer_key
    {%- else %}
    inner join customers
        on
            staged.source_system = customers.source_system
            and staged.billing_customer_id = customers.source_id
    inner join differing on customers.customer_key = differing.customer_key
    {%- endif %}
    left join known_deliveries
        on
            differing.month = known_deliveries.month
            and landed.delivery_id = known_deliveries.delivery_id
    where known_deliveries.delivery_id is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

said_before as (

    {%- for fact in facts %}
    {%- set table = fact.entity | replace('.', '__') %}
    select distinct
        known_deliveries.month,
        '{{ fact.entity }}' as entity,
        landed.record_key,
        {{ said_of(table) }} as said
    from {{ source('landed', table) }} as landed
    inner join known_deliveries on landed.delivery_id = known_deliveries.delivery_id
    where landed.record_key in (select new_rows.record_key from new_rows)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

causes as (

    select
        new_rows.*,
        row_number() over (
            partition by new_rows.month, new_rows.customer_key
            order by
                new_rows.fact_order nulls last, new_rows.delivery_id nulls last,
                new_rows.source_sheet nulls last, new_rows.source_row nulls last
        ) as pick,
        count(*) over (partition by new_rows.month, new_rows.customer_key) as cause_row_count
    from new_rows
    left join said_before
        on
            new_rows.month = said_before.month
            and new_rows.entity = said_before.entity
            and new_rows.record_key = said_before.record_key
            and new_rows.said = said_before.said
    where said_before.record_key is null

),

logged as (

    select
        cast(differing.month as date) as month,
        cast(differing.customer_key as string) as customer_key,
        {{ total('differing.reported_mrr') }} as reported_mrr,
        {{ total('differing.restated_mrr') }} as restated_mrr,
        {{ total('differing.restated_mrr - differing.reported_mrr') }} as mrr_difference,
        cast(
            case
                when causes.record_key is not null then 'row'
                when closes.closed_policy_id <> '{{ run_var("policy_id") }}' then 'policy'
                else 'unknown'
            end as string
        ) as cause_kind,
        cast(coalesce(causes.cause_row_count, 0) as bigint) as cause_row_count,
        cast(causes.entity as string) as entity,
        cast(deliveries.source_system as string) as source_system,
        cast(deliveries.file_name as string) as source_file_name,
        cast(causes.delivery_id as string) as delivery_id,
        cast(causes.source_sheet as string) as source_sheet,
        cast(causes.source_row as bigint) as source_row,
        cast(closes.closed_policy_id as string) as closed_policy_id,
        {{ policy_columns() }}
    from differing
    inner join closes on differing.month = closes.month
    left join causes
        on
            differing.month = causes.month
            and differing.customer_key = causes.customer_key
            and causes.pick = 1
    left join deliveries
        on causes.delivery_id = deliveries.delivery_id and causes.entity = deliveries.entity

)

select * from logged
