with dated as (

    {{
        dated_statements(
            source('landed', 'billing__billing_customers'),
            ref('stg_control__deliveries'),
            'billing.billing_customers',
            [
                'corporate_number', 'payment_method', 'created_date',
            ],
        ) | indent(4)
    }}

)

select * from dated
