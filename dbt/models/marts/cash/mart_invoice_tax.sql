with lines as (

    select * from {{ ref('fct_invoice_line') }}

),

invoices as (

    select * from {{ ref('int_invoices_identified') }}

),

plans as (

    select * from {{ ref('stg_billing__plans') }}

),

rated as (

    select
        invoices.invoice_key,
        invoices.currency,
        lines.amount_native,
        coalesce(lines.tax_rate, plans.tax_rate) as tax_rate
    from lines
    inner join invoices on lines.invoice_key = invoices.invoice_key
    left join plans
        on
            lines.plan_id = plans.plan_id
            and invoices.source_system = plans.source_system
    where lines.line_type <> 'tax'

),

known as (

    select
        invoice_key,
        min(case when tax_rate is null and amount_native <> 0 then 0 else 1 end) as is_known
    from rated
    group by invoice_key

),

summed as (

    select
        invoice_key,
        tax_rate,
        -- yen have no smaller unit, other currencies have cents
        case when currency in ('JPY', 'KRW', 'VND') then 1 else 100 end as units,
        sum(amount_native) as taxable_native
    from rated
    where tax_rate is not null
    group by invoice_key, tax_rate, currency

),

computed as (

    select
        summed.*,
        cast(
            cast(taxable_native as decimal(22, 6)) * cast(tax_rate as decimal(10, 6)) * units
            as decimal(28, 6)
        ) as exact_units
    from summed

),

rounded_once as (

    select
        computed.*,
        {{ divide(round_tax('exact_units'), 'units') }} as tax_native
    from computed

),

compared as (

    select
        rounded_once.*,
        sum(tax_native) over (partition by invoice_key) as invoice_tax_native
    from rounded_once

),

taxed as (

    select
        {{ hash_key(['compared.invoice_key', 'compared.tax_rate']) }} as invoice_tax_key,
        compared.invoice_key,
        invoices.invoice_id,
        invoices.customer_key,
        invoices.issue_date,
        invoices.currency,
        {{ money('compared.tax_rate') }} as tax_rate,
        {{ money('compared.taxable_native') }} as taxable_native,
        {{ money('compared.tax_native') }} as tax_native,
        {{ money('compared.invoice_tax_native') }} as invoice_tax_native,
        {{ money('coalesce(invoices.tax_native, 0)') }} as reported_tax_native,
        {{ money('case when invoices.tax_native is not null and known.is_known = 1 then compared.invoice_tax_native - invoices.tax_native else 0 end') }}
            as tax_difference_native,
        cast(invoices.tax_native is not null and known.is_known = 1 as boolean) as is_comparable,
        {{ policy_columns() }}
    from compared
    inner join invoices on compared.invoice_key = invoices.invoice_key
    inner join known on compared.invoice_key = known.invoice_key

)

select * from taxed
