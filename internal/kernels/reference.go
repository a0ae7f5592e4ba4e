package kernels

// The reference: every other implementation gives its bits.

// lanes is how many partial sums a dot product has: element i goes to lane i%16.
const lanes = 16

// total adds the lanes in the fixed order: halves, then halves of halves.
func total[T Float](s *[lanes]T) T {
	for width := lanes / 2; width > 0; width /= 2 {
		for i := range width {
			s[i] += s[i+width]
		}
	}
	return s[0]
}

func dotGo[T Float](a, b []T) T {
	var s [lanes]T
	b = b[:len(a)]
	for len(a) >= lanes {
		x, y := (*[lanes]T)(a), (*[lanes]T)(b)
		for i := range lanes {
			s[i] += T(x[i] * y[i]) // the conversion forbids fusing
		}
		a, b = a[lanes:], b[lanes:]
	}
	for i := range a {
		s[i] += T(a[i] * b[i])
	}
	return total(&s)
}

func axpyGo[T Float](y []T, alpha T, x []T) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += T(alpha * v)
	}
}

func scaleGo(x []float32, alpha float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func dotRowsGo(dst, x, m []float32, stride int, rows []int32) {
	for k, r := range rows {
		at := int(r) * stride
		dst[k] = dotGo(x, m[at:at+len(x)])
	}
}

func sumRowsGo[T Float](dst, m []T, stride int, rows []int32) {
	clear(dst)
	for _, r := range rows {
		at := int(r) * stride
		for i, v := range m[at : at+len(dst)] {
			dst[i] += v
		}
	}
}

func addRowsGo(m []float32, stride int, rows []int32, x []float32) {
	for _, r := range rows {
		at := int(r) * stride
		row := m[at : at+len(x)]
		for i, v := range x {
			row[i] += v
		}
	}
}

func updateRowsGo(m []float32, stride int, rows []int32, alpha, x, grad []float32) {
	grad = grad[:len(x)]
	for k, r := range rows {
		at := int(r) * stride
		row, a := m[at:at+len(x)], alpha[k]
		for i, v := range row {
			grad[i] += float32(a * v)
			row[i] = v + float32(a*x[i])
		}
	}
}
