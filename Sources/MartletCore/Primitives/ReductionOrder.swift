/// An operand in the form `[outer, reduced, inner]`: the operand itself where it is contiguous and the reduced axes are
/// neighbours, else with the reduced axes last, copied where that is not contiguous.
struct ReductionOrder {
  let body: TensorBody
  var outer = 1
  var reduced = 1
  var inner = 1

  init(_ operand: TensorBody, axes: UInt8) {
    let rank = operand.shape.rank
    let layout = operand.layout
    func reduces(_ axis: Int) -> Bool { axes & 1 << UInt8(axis) != 0 }
    // Without axes of length 1, the order has to be at most: kept, then reduced, then kept.
    var stage = 0
    var isNeighbourly = true
    for axis in 0..<rank where layout.shape.axes[axis] != 1 {
      if reduces(axis) {
        if stage == 2 { isNeighbourly = false }
        stage = 1
      } else if stage == 1 {
        stage = 2
      }
    }
    if isNeighbourly && layout.isContiguous {
      body = operand
      stage = 0
      for axis in 0..<rank {
        let length = layout.shape.axes[axis]
        if length == 1 { continue }
        if reduces(axis) {
          stage = 1
          reduced *= length
        } else if stage == 0 {
          outer *= length
        } else {
          inner *= length
        }
      }
      return
    }
    var order = AxisList()
    for axis in 0..<rank where !reduces(axis) {
      order.append(axis)
      outer *= layout.shape.axes[axis]
    }
    for axis in 0..<rank where reduces(axis) {
      order.append(axis)
      reduced *= layout.shape.axes[axis]
    }
    body = operand.view(layout.permuted(order)).inOrder()
  }
}
