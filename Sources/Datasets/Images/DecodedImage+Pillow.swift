extension DecodedImage {
  /// Writes a part of the image at another size, `[channels, height, width]`: bilinear with antialiasing, in the fixed
  /// point that Pillow's `resize` computes with, and equal to it to the last bit.
  ///
  /// Along the rows first, as all of Pillow before 13; that one begins with the columns of some images that lose much of
  /// their height, where it differs by a level of 255.
  ///
  /// - Parameters:
  ///   - part: within the image; what lies outside of it has no say.
  ///   - size: what the part is resized to.
  ///   - window: rows and columns of that size which are wanted.
  ///   - target: as many bytes as the window has, for each of this image's channels.
  func resizeAsPillow(
    _ part: ImagePart, to size: (height: Int, width: Int), window: (rows: Range<Int>, columns: Range<Int>),
    target: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(part.top >= 0 && part.left >= 0 && part.height > 0 && part.width > 0, "\(part)")
    precondition(part.top + part.height <= height && part.left + part.width <= width, "\(part) of \(height) × \(width)")
    let rows = FixedPointTaps(from: part.height, to: size.height, window.rows)
    let columns = FixedPointTaps(from: part.width, to: size.width, window.columns)
    // [rows that are needed, columns of the window, channels], rounded to bytes as Pillow's pass along the rows is.
    let lineLength = columns.count * channelCount
    let needed = rows.source
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: needed.count * lineLength) { lines in
      pixels.withUnsafeBufferPointer { pixels in
        for row in needed {
          let start = ((part.top + row) * width + part.left) * channelCount
          let line = UnsafeMutableBufferPointer(
            rebasing: lines[(row - needed.lowerBound) * lineLength..<(row - needed.lowerBound + 1) * lineLength])
          channelCount == 3 ? columns.mixColours(pixels, start, to: line) : columns.mixGreys(pixels, start, to: line)
        }
      }
      mix(lines, lineLength, by: rows, to: target)
    }
  }

  /// Along the columns, into planes.
  private func mix(
    _ lines: UnsafeMutableBufferPointer<UInt8>, _ lineLength: Int, by rows: FixedPointTaps,
    to target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let columnCount = lineLength / channelCount
    let plane = rows.count * columnCount
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: lineLength) { sums in
      for row in 0..<rows.count {
        sums.update(repeating: FixedPointTaps.half)
        var start = (rows.starts[row] - rows.source.lowerBound) * lineLength
        for tap in rows.taps(row) {
          let weight = rows.weights[tap]
          for place in 0..<lineLength { sums[place] &+= Int32(lines[start &+ place]) &* weight }
          start += lineLength
        }
        let out = row * columnCount
        for channel in 0..<channelCount {
          for column in 0..<columnCount {
            target[channel &* plane &+ out &+ column] = FixedPointTaps.byte(sums[column &* channelCount &+ channel])
          }
        }
      }
    }
  }
}

/// Which source pixels each new one is made of, along one axis, and their weights in 1/2²² as Pillow has them for bytes.
private struct FixedPointTaps {
  private static let bits: Int32 = 22
  /// What is added so that cutting off rounds.
  static let half: Int32 = 1 << (bits - 1)

  /// The first source pixel of each.
  let starts: [Int]
  let weights: [Int32]
  private let offsets: [Int]
  /// The source pixels that any of them is made of.
  let source: Range<Int>

  var count: Int { starts.count }

  /// - Parameter range: of the new pixels, those that are wanted.
  init(from sourceCount: Int, to count: Int, _ range: Range<Int>) {
    let scale = Double(sourceCount) / Double(count)
    let support = max(scale, 1)
    var (starts, weights, offsets) = ([Int](), [Int32](), [0])
    for position in range {
      let center = (Double(position) + 0.5) * scale
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), sourceCount)
      let shares = (start..<end).map { max(0, 1 - abs((Double($0) - center + 0.5) * (1 / support))) }
      let total = shares.reduce(0, +)
      starts.append(start)
      weights += shares.map { Int32(0.5 + (total == 0 ? $0 : $0 / total) * Double(1 << Self.bits)) }
      offsets.append(weights.count)
    }
    (self.starts, self.weights, self.offsets) = (starts, weights, offsets)
    let ends = starts.indices.map { starts[$0] + offsets[$0 + 1] - offsets[$0] }
    source = (starts.min() ?? 0)..<(ends.max() ?? 0)
  }

  /// Where the weights of a new pixel stand.
  @inline(__always)
  func taps(_ position: Int) -> Range<Int> { offsets[position]..<offsets[position + 1] }

  @inline(__always)
  static func byte(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: min(max(sum >> bits, 0), 255)) }

  /// A row of red, green and blue.
  func mixColours(
    _ pixels: UnsafeBufferPointer<UInt8>, _ start: Int, to line: UnsafeMutableBufferPointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { weights in
      for column in 0..<count {
        var (red, green, blue) = (Self.half, Self.half, Self.half)
        var place = start &+ 3 &* starts[column]
        for tap in taps(column) {
          let weight = weights[tap]
          red &+= Int32(pixels[place]) &* weight
          green &+= Int32(pixels[place &+ 1]) &* weight
          blue &+= Int32(pixels[place &+ 2]) &* weight
          place &+= 3
        }
        line[3 &* column] = Self.byte(red)
        line[3 &* column &+ 1] = Self.byte(green)
        line[3 &* column &+ 2] = Self.byte(blue)
      }
    }
  }

  /// A row of grey.
  func mixGreys(_ pixels: UnsafeBufferPointer<UInt8>, _ start: Int, to line: UnsafeMutableBufferPointer<UInt8>) {
    for column in 0..<count {
      var sum = Self.half
      var place = start &+ starts[column]
      for tap in taps(column) {
        sum &+= Int32(pixels[place]) &* weights[tap]
        place &+= 1
      }
      line[column] = Self.byte(sum)
    }
  }
}
