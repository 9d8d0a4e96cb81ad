package demo

// The people of the shop.
var (
	ci    = Person{"Shop CI", "ci@shop.example"}
	anna  = Person{"Anna Koch", "anna.koch@shop.example"}
	jonas = Person{"Jonas Weber", "jonas.weber@shop.example"}
	mei   = Person{"Mei Tanaka", "mei.tanaka@shop.example"}
	rosa  = Person{"Rosa Stein", "rosa.stein@shop.example"}
	sam   = Person{"Sam Okafor", "sam.okafor@shop.example"}
)

// application is one application of the shop, with the changes it went through: one release each.
type application struct {
	name, team string
	// major is the first number of its display versions.
	major int
	port  int
	// replicas in production; staging and development run fewer.
	replicas int
	// setting is what its ConfigMap is about; each change gives it a new value.
	setting string
	changes []change
}

// change is one release: what the source commit says, by whom, and the value of the setting from then on.
type change struct {
	by      Person
	message string
	value   string
}

var shop = []application{
	{"accounts", "platform", 4, 8080, 3, "SESSION_LIFETIME", []change{
		{sam, "Move sessions to signed cookies", "12h"},
		{sam, "Ask for the password again before an address change", "12h"},
		{anna, "Shorten sessions to eight hours (#311)", "8h"},
		{sam, "Log out everywhere from the account page", "8h"},
	}},
	{"checkout", "payments", 2, 8080, 6, "CAPTURE_RETRIES", []change{
		{rosa, "Show the delivery date before payment", "0"},
		{rosa, "Keep the cart when the session ends", "0"},
		{jonas, "Retry captures once on 503 (#482)", "1"},
		{rosa, "Retry captures up to three times with a pause", "3"},
		{rosa, "Validate postal codes per country", "3"},
	}},
	{"image-resizer", "platform", 1, 9000, 2, "MAX_PIXELS", []change{
		{sam, "Resize to WebP", "12000000"},
		{sam, "Refuse images over 40 megapixels", "40000000"},
		{mei, "Cache thumbnails for a week", "40000000"},
	}},
	{"inventory", "logistics", 7, 8080, 4, "RESERVATION_MINUTES", []change{
		{mei, "Reserve articles while they are in a cart", "10"},
		{mei, "Count returns as stock after inspection only", "10"},
		{anna, "Extend reservations to fifteen minutes (#97)", "15"},
		{mei, "Read stock levels from the warehouse in Ohio", "15"},
		{mei, "Fix a race between two reservations of the last article", "15"},
	}},
	{"notifications", "platform", 3, 8080, 2, "MAIL_BATCH", []change{
		{sam, "Send shipping mails in the customer's language", "50"},
		{sam, "Send in batches of one hundred", "100"},
		{sam, "Stop after three bounces", "100"},
	}},
	{"payments", "payments", 5, 8443, 4, "PROVIDER_TIMEOUT", []change{
		{jonas, "Support instant bank transfers", "5s"},
		{rosa, "Record the provider's answer with each capture", "5s"},
		{jonas, "Wait eight seconds for the provider", "8s"},
		{jonas, "Move to version 3 of the provider's API (#530)", "8s"},
	}},
	{"recommendations", "storefront", 1, 8080, 3, "MODEL", []change{
		{anna, "Recommend what others bought together", "pairs-2026-08"},
		{anna, "Leave out articles that are sold out", "pairs-2026-08"},
		{mei, "Train on the last ninety days", "pairs-2026-10"},
		{anna, "Mix in new articles", "pairs-2026-11"},
	}},
	{"returns", "logistics", 2, 8080, 2, "RETURN_DAYS", []change{
		{mei, "Print labels without an account", "14"},
		{mei, "Extend the return window to thirty days", "30"},
		{rosa, "Refund to the original means of payment", "30"},
	}},
	{"search", "storefront", 9, 8080, 5, "SYNONYMS", []change{
		{anna, "Understand plurals in German", "v11"},
		{jonas, "Rank articles in stock first", "v11"},
		{anna, "Add synonyms for shoes (#204)", "v12"},
		{anna, "Answer within 200 ms or without suggestions", "v12"},
		{anna, "Suggest brands while typing", "v13"},
	}},
	{"shipping", "logistics", 3, 8080, 3, "CARRIERS", []change{
		{mei, "Offer parcel lockers", "dhl,ups"},
		{mei, "Add FedEx for the US", "dhl,ups,fedex"},
		{sam, "Choose the carrier by weight", "dhl,ups,fedex"},
		{mei, "Track parcels by webhook instead of polling", "dhl,ups,fedex"},
	}},
	{"storefront", "storefront", 12, 3000, 8, "FEATURES", []change{
		{anna, "Show prices with tax by country", "tax"},
		{jonas, "Load the first view without scripts", "tax,static-first"},
		{anna, "Put the search box in the header", "tax,static-first,search-header"},
		{rosa, "Show the delivery date on article pages", "tax,static-first,search-header,delivery"},
		{anna, "Dark colours for people who want them", "tax,static-first,search-header,delivery,dark"},
	}},
	{"vouchers", "payments", 1, 8080, 2, "MAX_DISCOUNT", []change{
		{rosa, "Allow one voucher an order", "20"},
		{rosa, "Tell why a voucher is not valid", "20"},
		{jonas, "Allow vouchers up to thirty per cent", "30"},
	}},
}
