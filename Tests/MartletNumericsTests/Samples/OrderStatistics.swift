import MartletCore
import MartletTesting

@testable import MartletNumerics

extension OrderStatistics: SampledPrimitive {
  public static var samples: [Sample] {
    let cases = [(3, [0, 1, 2]), (40, [39]), (40, [0, 19, 20, 38]), (300, [7, 150, 299])]
    return [false, true].flatMap { propagates in
      cases.map { length, places in
        Sample(
          "places \(places) of \(length)\(propagates ? ", NaN propagates" : "")",
          OrderStatistics(places: places, propagatesNaN: propagates), [.init([3, length])],
          reference: { o in
            Reference(
              [o[0].shape[0], places.count],
              (0..<o[0].shape[0]).flatMap { row in
                let sorted = (0..<length).map { o[0][[row, $0]] }.sorted()
                return places.map { sorted[$0] }
              })
          }, large: (OrderStatistics(places: [0, 100, 402], propagatesNaN: propagates), [.init([157, 403])]))
      }
    }
  }
}
