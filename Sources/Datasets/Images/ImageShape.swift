/// What images are brought to when they are read.
public struct ImageShape: Sendable, Equatable {
  /// 1 for grey, 3 for colour.
  public var channelCount: Int
  /// Rows of pixels.
  public var height: Int
  /// Pixels of a row.
  public var width: Int

  /// A shape of so many channels, rows and columns.
  public init(channelCount: Int, height: Int, width: Int) {
    self.channelCount = channelCount
    self.height = height
    self.width = width
  }

  var byteCount: Int { channelCount * height * width }
}

extension DecodedImage {
  /// Writes the image in another shape, `[channels, height, width]`.
  ///
  /// It is resized, bilinear with antialiasing, until it just covers the shape, and cut in the middle: torchvision's
  /// `Resize` and `CenterCrop`. Colours become grey by ITU-R 601-2, as Pillow has it; grey is repeated.
  func write(as shape: ImageShape, to target: UnsafeMutableBufferPointer<UInt8>) {
    let source = inChannels(of: shape)
    // The side that just fits has the shape's extent, the other one is cut to a whole number.
    let (newHeight, newWidth) =
      height * shape.width <= width * shape.height
      ? (shape.height, max(shape.width, width * shape.height / height))
      : (max(shape.height, height * shape.width / width), shape.width)
    let top = Int((Double(newHeight - shape.height) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(newWidth - shape.width) / 2).rounded(.toNearestOrEven))
    let rows = ResamplingTaps(from: source.height, to: newHeight, top..<top + shape.height)
    let columns = ResamplingTaps(from: source.width, to: newWidth, left..<left + shape.width)
    source.resample(rows: rows, columns: columns, to: target)
    source.repeatChannel(of: shape, in: target)
  }

  /// The image in grey where a shape has one channel.
  func inChannels(of shape: ImageShape) -> DecodedImage { channelCount == 3 && shape.channelCount == 1 ? grey : self }

  /// Repeats what was written of a grey image for the colours that a shape has.
  func repeatChannel(of shape: ImageShape, in target: UnsafeMutableBufferPointer<UInt8>) {
    let plane = shape.height * shape.width
    for channel in channelCount..<max(channelCount, shape.channelCount) {
      for position in 0..<plane { target[channel * plane + position] = target[position] }
    }
  }

  private var grey: DecodedImage {
    var luma = [UInt8](repeating: 0, count: height * width)
    for position in luma.indices {
      let (red, green, blue) = (Int(pixels[3 * position]), Int(pixels[3 * position + 1]), Int(pixels[3 * position + 2]))
      luma[position] = UInt8((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)
    }
    return DecodedImage(height: height, width: width, channelCount: 1, pixels: luma)
  }

  /// Along the rows first, then along the columns, rounded once.
  private func resample(rows: ResamplingTaps, columns: ResamplingTaps, to target: UnsafeMutableBufferPointer<UInt8>) {
    let (outHeight, outWidth) = (rows.count, columns.count)
    let firstRow = rows.first
    var wide = [Float](repeating: 0, count: (rows.end - firstRow) * outWidth)
    pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<channelCount {
        for row in firstRow..<rows.end {
          let line = row * width * channelCount + channel
          for column in 0..<outWidth {
            var sum: Float = 0
            var place = line + columns.starts[column] * channelCount
            for weight in columns.weights(column) {
              sum += weight * Float(pixels[place])
              place += channelCount
            }
            wide[(row - firstRow) * outWidth + column] = sum
          }
        }
        let plane = channel * outHeight * outWidth
        for row in 0..<outHeight {
          for column in 0..<outWidth {
            var sum: Float = 0
            var place = (rows.starts[row] - firstRow) * outWidth + column
            for weight in rows.weights(row) {
              sum += weight * wide[place]
              place += outWidth
            }
            target[plane + row * outWidth + column] = UInt8(min(max(sum.rounded(.toNearestOrEven), 0), 255))
          }
        }
      }
    }
  }
}

/// Which source pixels each new one is made of, along one axis: a triangle as wide as the pixel, at least two.
private struct ResamplingTaps {
  let starts: [Int]
  private let flat: [Float]
  private let offsets: [Int]

  var count: Int { starts.count }
  var first: Int { starts.first ?? 0 }
  var end: Int { zip(starts, offsets.indices).map { $0 + offsets[$1 + 1] - offsets[$1] }.max() ?? 0 }

  /// - Parameter range: of the new pixels, those that are wanted.
  init(from sourceCount: Int, to count: Int, _ range: Range<Int>) {
    let scale = Float(sourceCount) / Float(count)
    let support = max(scale, 1)
    var (starts, flat, offsets) = ([Int](), [Float](), [0])
    for position in range {
      let center = scale * (Float(position) + 0.5)
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), sourceCount)
      let weights = (start..<end).map { max(0, 1 - abs((Float($0) - center + 0.5) / support)) }
      let total = weights.reduce(0, +)
      starts.append(start)
      flat += weights.map { $0 / total }
      offsets.append(flat.count)
    }
    (self.starts, self.flat, self.offsets) = (starts, flat, offsets)
  }

  func weights(_ position: Int) -> ArraySlice<Float> { flat[offsets[position]..<offsets[position + 1]] }
}
