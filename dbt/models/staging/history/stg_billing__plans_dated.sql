with dated as (

    {{
        dated_statements(
            source('landed', 'billing__plans'),
            ref('stg_control__deliveries'),
            'billing.plans',
            [
                'plan_id', 'name', 'product', 'plan_rank', 'is_addon', 'interval_unit',
                'interval_count', 'list_price_native', 'currency', 'tax_rate',
            ],
        ) | indent(4)
    }}

)

select * from dated
