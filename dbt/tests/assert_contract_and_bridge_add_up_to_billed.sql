-- Invariant 6: contract MRR + the items of the bridge = billed MRR, and the contract side is the
-- MRR of the waterfall, as the billed side is that of the billed waterfall. If not, the two bases
-- differ by money that no row explains.
with bridge as (

    select
        month,
        min(contract_mrr) as contract_mrr,
        min(billed_mrr) as billed_mrr,
        sum(mrr_change) as mrr_change
    from {{ ref('mart_mrr_bridge') }}
    group by month

),

waterfall as (

    select
        month,
        max(case when basis = 'contract' then end_mrr end) as mrr,
        max(case when basis = 'billed' then end_mrr end) as billed_mrr,
        max(case when basis = 'contract' then end_customer_count end) as customer_count
    from {{ ref('mart_mrr_waterfall') }}
    where view = 'as_restated'
    group by month

)

select
    bridge.month,
    bridge.contract_mrr,
    bridge.mrr_change,
    bridge.billed_mrr,
    waterfall.mrr,
    waterfall.billed_mrr as billed_mrr_of_waterfall
from bridge
left join waterfall on bridge.month = waterfall.month
where
    bridge.contract_mrr + bridge.mrr_change <> bridge.billed_mrr
    or waterfall.mrr is null
    or waterfall.billed_mrr is null
    or bridge.billed_mrr <> waterfall.billed_mrr
    -- a foreign amount is rounded per contract there and per customer here
    or abs(bridge.contract_mrr - waterfall.mrr)
    > cast(0.000001 as decimal(18, 6)) * 2 * (waterfall.customer_count + 1)
