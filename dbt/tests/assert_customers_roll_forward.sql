-- Invariant 4: begin + new + reactivated + resumed - churned - paused = end. Otherwise the churn
-- rate divides by customers that nobody can name.
select *
from {{ ref('mart_kpi_monthly') }}
where
    not is_opening_month
    and begin_customer_count
    + new_customer_count + reactivated_customer_count + resumed_customer_count
    - churned_customer_count - paused_customer_count
    <> customer_count
