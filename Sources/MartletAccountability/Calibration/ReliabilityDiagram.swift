import MartletPlots
import MartletText

extension GroupCounts {
  /// The reliability diagram of each group and of all rows: the share that came true by the mean confidence, in the bins
  /// that the counts were made with, with the expected calibration error of each.
  ///
  /// Groups without rows have no line. Throws when the counts were made without probabilities.
  public func reliabilityDiagram(
    _ confidence: GroupMeasure.Confidence = .positiveClass, title: String = "Reliability"
  ) throws(FairnessError) -> Chart {
    let (meaning, outcome) =
      confidence == .positiveClass
      ? ("predicted probability", "share that came true") : ("confidence", "share of right decisions")
    var chart = Chart(
      title, x: ChartAxis(meaning, range: 0...1), y: ChartAxis(outcome, range: 0...1), equalUnits: true)
    chart.reference(from: (0, 0), to: (1, 1), label: "calibrated")
    let error = GroupMeasure.expectedCalibrationError(confidence)
    let named = cells.indices.map { (name: levels.name(at: $0), cell: cells[$0]) }
    for (name, cell) in named + [(name: "(all)", cell: overall)] where cell.rowCount > 0 {
      guard let scores = cell.scores else {
        throw .invalid("expected counts of probabilities for a reliability diagram, got counts of decisions")
      }
      let bins = confidence == .positiveClass ? scores.positiveClass : scores.topLabel
      let held = bins.held
      chart.line(
        held.map { bins.confidences[$0] / bins.weights[$0] }, held.map { bins.outcomes[$0] / bins.weights[$0] },
        label: "\(name): expected error \(NumberFormat.fixed(error(cell), 3))", hasDots: true)
    }
    return chart
  }
}
