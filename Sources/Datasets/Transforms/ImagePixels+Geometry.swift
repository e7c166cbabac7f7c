import Foundation

extension ImagePixels {
  /// Mirrors left and right.
  func flipHorizontally() {
    for row in 0..<channelCount * height {
      var left = row * width
      var right = left + width - 1
      while left < right {
        bytes.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
  }

  /// Moves the image to the right and down, by negative amounts to the left and up; zeros come in.
  func translate(right: Int, down: Int) {
    guard right != 0 || down != 0 else { return }
    let source = copied()
    let columns = max(0, right)..<max(0, right, width + min(0, right))
    for channel in 0..<channelCount {
      for row in 0..<height {
        let target = UnsafeMutableBufferPointer(
          rebasing: bytes[(channel * height + row) * width..<(channel * height + row + 1) * width])
        let sourceRow = row - down
        guard sourceRow >= 0, sourceRow < height, !columns.isEmpty else {
          target.update(repeating: 0)
          continue
        }
        let start = (channel * height + sourceRow) * width + columns.lowerBound - right
        target[..<columns.lowerBound].update(repeating: 0)
        _ = target[columns].update(fromContentsOf: source[start..<start + columns.count])
        target[columns.upperBound...].update(repeating: 0)
      }
    }
  }

  /// Shears rows to the side and columns up or down about the top left corner; nearest pixel, zeros come in.
  ///
  /// - Parameters:
  ///   - x: columns to the left for each row further down.
  ///   - y: rows up for each column further right.
  func shear(x: Double, y: Double) {
    warp(
      .inverse(
        degrees: 0, shear: (atan(x) * 180 / .pi, atan(y) * 180 / .pi),
        center: (-0.5 * Double(width), -0.5 * Double(height))))
  }

  /// Turns the image about its centre, counterclockwise; nearest pixel, zeros come in.
  func rotate(degrees: Double) {
    let turn = degrees - 360 * (degrees / 360).rounded(.down)
    guard turn != 0 else { return }
    warp(.inverse(degrees: -turn, shear: (0, 0), center: (0, 0)))
  }

  /// Fetches every pixel from where the matrix says, in float32 as PyTorch's `grid_sample` does.
  private func warp(_ matrix: AffineMatrix) {
    let source = copied()
    let halfWidth = 0.5 * Float(width)
    let halfHeight = 0.5 * Float(height)
    // From the centre, in half widths and half heights: the image spans -1 to 1.
    let (xx, xy, x1) = (matrix.xx / halfWidth, matrix.xy / halfWidth, matrix.x1 / halfWidth)
    let (yx, yy, y1) = (matrix.yx / halfHeight, matrix.yy / halfHeight, matrix.y1 / halfHeight)
    let planeSize = pixelCount
    var target = 0
    for row in 0..<height {
      let down = Float(row) - halfHeight + 0.5
      for column in 0..<width {
        let right = Float(column) - halfWidth + 0.5
        let sourceColumn = Self.nearest((right * xx + down * xy + x1 + 1) * halfWidth - 0.5)
        let sourceRow = Self.nearest((right * yx + down * yy + y1 + 1) * halfHeight - 0.5)
        if sourceColumn >= 0, sourceColumn < width, sourceRow >= 0, sourceRow < height {
          let start = sourceRow * width + sourceColumn
          for channel in 0..<channelCount { bytes[target + channel * planeSize] = source[start + channel * planeSize] }
        } else {
          for channel in 0..<channelCount { bytes[target + channel * planeSize] = 0 }
        }
        target += 1
      }
    }
  }

  /// The nearest integer, halves to the even one, of a number below 2²² in size: adding 1.5 · 2²³ leaves no fraction.
  @inline(__always)
  private static func nearest(_ value: Float) -> Int {
    let shifted = value + 0x1.8p23
    return Int(Int32(bitPattern: shifted.bitPattern) &- 0x4B40_0000)
  }
}

/// Where a pixel comes from: `(xx·x + xy·y + x1, yx·x + yy·y + y1)`, measured from the image's centre.
private struct AffineMatrix {
  let xx: Float
  let xy: Float
  let x1: Float
  let yx: Float
  let yy: Float
  let y1: Float

  /// The inverse of a shear and a rotation about a point, after torchvision's `_get_inverse_affine_matrix`.
  static func inverse(degrees: Double, shear: (x: Double, y: Double), center: (x: Double, y: Double)) -> AffineMatrix {
    let angle = degrees * .pi / 180
    let (shearX, shearY) = (shear.x * .pi / 180, shear.y * .pi / 180)
    let a = cos(angle - shearY) / cos(shearY)
    let b = -(a * tan(shearX) + sin(angle))
    let c = sin(angle - shearY) / cos(shearY)
    let d = cos(angle) - c * tan(shearX)
    return AffineMatrix(
      xx: Float(d), xy: Float(-b), x1: Float(center.x - d * center.x + b * center.y),
      yx: Float(-c), yy: Float(a), y1: Float(center.y + c * center.x - a * center.y))
  }
}
