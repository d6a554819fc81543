import MartletPlots

/// A history as a picture: a chart for each measure, one below the other, with training and validation in it.
struct LearningCurves {
  private let history: History
  private let title: String

  init(_ history: History, title: String) {
    self.history = history
    self.title = title
  }

  var figure: Figure { Figure(title, charts) }

  func text(width: Int) -> String { charts.map { $0.text(width: width) }.joined(separator: "\n") }

  private var charts: [Chart] {
    history.names.filter { !$0.hasPrefix("val_") || !history.names.contains(String($0.dropFirst(4))) }.map(chart)
  }

  private func chart(_ measure: String) -> Chart {
    let (x, y) = (ChartAxis("epoch", scale: .counting), ChartAxis("", scale: .automatic))
    var chart = Chart(measure, x: x, y: y, height: 178)
    let curves = [("training", history[measure], 0), ("validation", history["val_" + measure], 1)]
    for (label, values, color) in curves where !values.isEmpty {
      chart.line(values.indices.map { Double($0 + 1) }, values, label: label, color: color, hasDots: values.count <= 30)
    }
    if history.epochs > 1, let best = history.bestEpoch(of: "val_loss") ?? history.bestEpoch(of: "loss") {
      chart.upright(at: Double(best), label: "best epoch", color: 7)
    }
    return chart
  }
}
