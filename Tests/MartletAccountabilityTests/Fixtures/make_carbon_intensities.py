# Makes Sources/MartletEnergy/CarbonIntensityTable.swift, on the standard output, from the folder `data` of the package codecarbon 3.3.2.
import json, sys, pathlib
data = pathlib.Path(sys.argv[1])
mix = json.load(open(data / "private_infra/global_energy_mix.json"))
rows = [f"{k} {v['year']} {v['carbon_intensity']}" for k, v in sorted(mix.items())]
usa = json.load(open(data / "private_infra/2023/usa_emissions.json"))
states = sorted((v["regionCode"], v["emissions"]) for k, v in usa.items() if len(v.get("regionCode", "")) == 2 and v["regionCode"].isupper())
nordic = json.load(open(data / "private_infra/nordic_emissions.json"))["data"]
codes = {"british columbia": "BC", "newfoundland and labrador": "NL", "saskatchewan": "SK", "prince edward island": "PE",
         "ontario": "ON", "nova scotia": "NS", "quebec": "QC", "alberta": "AB", "manitoba": "MB",
         "northwest territories": "NT", "new brunswick": "NB", "nunavut": "NU", "yukon": "YT"}
kinds = ["coal", "petroleum", "naturalGas", "nuclear", "hydro", "wind", "solar", "biomass", "tidal", "other"]
canada = json.load(open(data / "private_infra/2023/canada_energy_mix.json"))

def wrap(items, width=106):
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) + 2 > width:
            lines.append(line); line = ""
        line = item if not line else f"{line}, {item}"
    return ",\n".join("    " + text for text in lines + [line])

print('''// Made by Tests/MartletAccountabilityTests/Fixtures/make_carbon_intensities.py from the data of the package codecarbon
// 3.3.2 (MIT licence).

/// The tables of carbon intensities, as text, so that they compile in no time: entries apart by commas.
enum CarbonIntensityTable {
  /// ISO 3166-1 code, year, grams of CO₂ equivalents for a kilowatt-hour over the life cycle. Our World in Data (CC BY
  /// 4.0), from Ember and the Energy Institute.
  static let countries = """''')
print(wrap(rows))
print('''    """

  /// The postal code of a state of the USA, pounds of CO₂ equivalents for a megawatt-hour at the plant, 2023. EPA,
  /// eGRID2023, total output emission rate (public domain).
  static let states = """''')
print(wrap([f"{c} {e}" for c, e in states]))
print('''    """

  /// Bidding zones of Norway and Sweden, 2025, grams for a kilowatt-hour over the life cycle. ENTSO-E's generation by
  /// type with CodeCarbon's factors of the sources, doi 10.5281/zenodo.22285397.
  static let zones = """''')
print(wrap([f"{k} {v['emission_factor']}" for k, v in sorted(nordic.items()) if k != "FI"]))
print('''    """

  /// The code of a province of Canada and the shares of its generation, 2023, in hundredths: coal, petroleum, gas,
  /// nuclear, hydro, wind, solar, biomass, tidal, other, and their total.
  static let provinces = """''')
print(wrap([codes[k] + " " + " ".join(str(v.get(x, 0)) for x in kinds + ["total"]) for k, v in sorted(canada.items())]))
print('    """\n}')
